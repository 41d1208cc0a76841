/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

/* The system calls that may be made, by a seccomp filter. It names what is
 * not allowed: what decoders and encoders call differs from one to the next,
 * and what they need is reading, writing, memory and threads. */

#include "syscall-filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__) && defined(__LP64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && G_BYTE_ORDER == G_LITTLE_ENDIAN
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

#define X32_BIT 0x40000000

#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define FAIL(code) (SECCOMP_RET_ERRNO | (code))

/* Libraries try these and live without. */
static const guint refused[] = {
  /* the network: descriptors of sockets cannot be had */
  SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
  /* other processes */
#ifdef SYS_fork
  SYS_fork, SYS_vfork,
#endif
  SYS_tkill, SYS_pidfd_open, SYS_pidfd_send_signal, SYS_pidfd_getfd,
  SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_kcmp, SYS_setpgid,
  SYS_setsid,
  /* what is shared with them */
  SYS_shmget, SYS_msgget, SYS_semget, SYS_mq_open,
  /* limits; memory that none counts */
  SYS_setrlimit, SYS_memfd_create,
  /* ways around this filter */
  SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
  /* files that are not its own */
  SYS_name_to_handle_at, SYS_fanotify_init,
#ifdef SYS_mknod
  SYS_mknod,
#endif
  SYS_mknodat, SYS_symlinkat, SYS_linkat,
#ifdef SYS_symlink
  SYS_symlink, SYS_link, SYS_chmod, SYS_chown, SYS_lchown,
#endif
  SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat,
  SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr,
  /* who it is */
  SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid,
  SYS_setresgid, SYS_setgroups, SYS_capset, SYS_personality,
};

/* Nobody who reads a video comes here by mistake. */
static const guint deadly[] = {
  SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv,
  SYS_process_vm_writev, SYS_open_by_handle_at, SYS_mount, SYS_umount2,
  SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_bpf,
  SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key,
  SYS_request_key, SYS_init_module, SYS_finit_module, SYS_delete_module,
  SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct,
#ifdef SYS_fsopen
  SYS_fsopen, SYS_fsmount, SYS_move_mount, SYS_open_tree,
#endif
};

#define MAX_FILTER 256

typedef struct
{
  struct sock_filter code[MAX_FILTER];
  gsize length;
} Filter;

static void
add (Filter *self, guint16 code, guint32 k, guint8 yes, guint8 no)
{
  g_assert (self->length < MAX_FILTER);
  self->code[self->length++] = (struct sock_filter) { code, yes, no, k };
}

static void
add_load (Filter *self, gsize offset)
{
  add (self, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

/* The lower half of an argument: all that the kernel looks at of an int. */
static void
add_load_argument (Filter *self, guint i)
{
  add_load (self, offsetof (struct seccomp_data, args[i]));
}

static void
add_return (Filter *self, guint32 action)
{
  add (self, BPF_RET | BPF_K, action, 0, 0);
}

/* The number of the call is loaded before and after. */
static void
add_list (Filter *self, const guint *calls, gsize n, guint32 action)
{
  for (gsize i = 0; i < n; i++) {
    add (self, BPF_JMP | BPF_JEQ | BPF_K, calls[i], 0, 1);
    add_return (self, action);
  }
}

/* Returns action unless the argument is value. */
static void
add_only (Filter *self, guint call, guint argument, guint32 value,
    guint32 action)
{
  add (self, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
  add_load_argument (self, argument);
  add (self, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
  add_return (self, action);
  add_return (self, ALLOW);
}

/* Returns action where the argument is value. */
static void
add_not (Filter *self, guint call, guint argument, guint32 value,
    guint32 action)
{
  add (self, BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4);
  add_load_argument (self, argument);
  add (self, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
  add_return (self, action);
  add_load (self, offsetof (struct seccomp_data, nr));
}

/* Limits may be looked at: of this process, with no new value. */
static void
add_prlimit (Filter *self)
{
  add (self, BPF_JMP | BPF_JEQ | BPF_K, SYS_prlimit64, 0, 8);
  add_load_argument (self, 2);
  add (self, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 5);
  add_load (self, offsetof (struct seccomp_data, args[2]) + 4);
  add (self, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
  add_load_argument (self, 0);
  add (self, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
  add_return (self, ALLOW);
  add_return (self, FAIL (EPERM));
}

/* Threads may be made, processes not. What clone3 () makes cannot be looked at;
 * the C library does without where the kernel has none. */
static void
add_threads (Filter *self)
{
  add (self, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
  add_return (self, FAIL (ENOSYS));
  add (self, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
  add_load_argument (self, 0);
  add (self, BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0);
  add_return (self, FAIL (EPERM));
  add_return (self, ALLOW);
}

static void
make_filter (Filter *self)
{
  add_load (self, offsetof (struct seccomp_data, arch));
  add (self, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
  add_return (self, KILL);
  add_load (self, offsetof (struct seccomp_data, nr));
  add (self, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
  add_return (self, KILL);
  add_list (self, refused, G_N_ELEMENTS (refused), FAIL (EACCES));
  add_list (self, deadly, G_N_ELEMENTS (deadly), KILL);
  add_threads (self);
  add_prlimit (self);
  add_only (self, SYS_kill, 0, getpid (), FAIL (EPERM));
  add_only (self, SYS_tgkill, 0, getpid (), FAIL (EPERM));
  add_not (self, SYS_prctl, 0, PR_SET_PDEATHSIG, FAIL (EPERM));
  add_not (self, SYS_prctl, 0, PR_SET_DUMPABLE, FAIL (EPERM));
  /* Typing on the terminal of who started it. */
  add_not (self, SYS_ioctl, 1, TIOCSTI, FAIL (EPERM));
  add_return (self, ALLOW);
}

gboolean
hab_syscall_filter_is_there (void)
{
  guint32 action = SECCOMP_RET_KILL_PROCESS;

  return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

gboolean
hab_syscall_filter_confine (GError **error)
{
  Filter filter = { .length = 0 };
  struct sock_fprog program = { .filter = filter.code };

  make_filter (&filter);
  program.len = filter.length;
  if (syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER,
          SECCOMP_FILTER_FLAG_TSYNC, &program) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
      "seccomp: the filter of system calls was not put in force: %s",
      g_strerror (errno));
  return FALSE;
}

#else

gboolean
hab_syscall_filter_is_there (void)
{
  return FALSE;
}

gboolean
hab_syscall_filter_confine (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "seccomp: there is no filter of system calls for this processor");
  return FALSE;
}

#endif
