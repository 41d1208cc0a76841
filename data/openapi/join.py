#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Joins the fragments of an OpenAPI document, one a resource, into one.

usage: join.py OUTPUT VERSION FRAGMENT...

What two fragments both say is an error, and so is a reference to nothing.
Components that nothing refers to are left out. The member "every" of a
fragment has responses that whole kinds of operations share; it does not become
part of the document.
"""

import json
import sys

METHODS = ("get", "put", "post", "delete", "patch", "options")


def read(path):
    def unique(pairs):
        members = dict(pairs)
        if len(members) != len(pairs):
            names = [name for name, _ in pairs]
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"more than once: {', '.join(twice)}")
        return members

    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=unique)


def merge(into, more, where=""):
    for name, value in more.items():
        if name not in into:
            into[name] = value
        elif isinstance(into[name], dict) and isinstance(value, dict):
            merge(into[name], value, f"{where}/{name}")
        else:
            raise ValueError(f"{where}/{name} is there already")


def kinds(path, method, operation):
    """The kinds of "every" that an operation is of."""
    yield "any"
    if "{" in path:
        yield "placed"
    if method not in ("get", "options"):
        yield "changing"
    if operation.get("security") != []:
        yield "secured"
        if method == "get":
            yield "secured-get"
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        yield "json"


def add_shared(document):
    every = document.pop("every", {})
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            responses = item[method]["responses"]
            for kind in kinds(path, method, item[method]):
                for status, response in every.get(kind, {}).items():
                    responses.setdefault(status, response)
            item[method]["responses"] = dict(sorted(responses.items()))


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from references(member)


def reach(document):
    """The components that are referred to, as (kind, name)."""
    components = document["components"]
    used = {("securitySchemes", name)
            for name in components.get("securitySchemes", {})}
    new = list(references(document["paths"]))
    while new:
        reference = new.pop()
        _, _, kind, name = reference.split("/")
        if name not in components.get(kind, {}):
            raise ValueError(f"{reference} is nowhere")
        if (kind, name) not in used:
            used.add((kind, name))
            new += references(components[kind][name])
    return used


def prune(document):
    used = reach(document)
    document["components"] = {
        kind: {name: value for name, value in members.items()
               if (kind, name) in used}
        for kind, members in document["components"].items()}


def main(output, version, *fragments):
    document = {}
    for path in fragments:
        try:
            merge(document, read(path))
        except ValueError as error:
            sys.exit(f"{path}: {error}")
    try:
        document["info"]["version"] = version
        add_shared(document)
        prune(document)
    except ValueError as error:
        sys.exit(f"{output}: {error}")
    with open(output, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, ensure_ascii=False)
        file.write("\n")


main(*sys.argv[1:])
