// SPDX-License-Identifier: LGPL-2.1-or-later
// Broken files, the same ones for the same seed: the one with a number is a film
// broken in a way, now and then in two.

import { randomOf } from '../random.mjs';
import anyWays from './any-ways.mjs';
import codecWays from './codec-ways.mjs';
import ebmlWays from './ebml-ways.mjs';
import { makeFilms } from './films.mjs';
import mp4Ways from './mp4-ways.mjs';
import { aviWays, flvWays, textWays, tsWays } from './stream-ways.mjs';

const OF_FAMILY = { mp4: mp4Ways, ebml: ebmlWays, ts: tsWays, avi: aviWays, flv: flvWays, text: textWays };
const TWICE = 0.15;
const TRIES = 50;

const nameWays = (family, ways) => Object.entries(ways)
  .map(([name, change]) => ({ family, name: family ? `${family}, ${name}` : name, change }));

// family null: of every file.
const WAYS = [...nameWays(null, anyWays), ...nameWays(null, codecWays),
  ...Object.entries(OF_FAMILY).flatMap(([family, ways]) => nameWays(family, ways))];

export class Corpus {
  constructor(films, seed) {
    Object.assign(this, { films, seed });
  }

  static async make(seed) {
    return new Corpus(await makeFilms(), seed);
  }

  // null where the film has nothing that can be broken in this way.
  #break(bytes, way, chance) {
    return way.change(Buffer.from(bytes), chance, this.films);
  }

  // Every way comes in its turn, with a film by chance that it is for. Chance may
  // also leave a file as it was; then it is asked again.
  #first(way, chance) {
    const films = this.films.filter(({ family }) => (way.family ?? family) === family);
    const start = chance.below(films.length);
    for (let i = 0; i < TRIES; i++) {
      const film = films[(start + i) % films.length];
      const bytes = this.#break(film.bytes, way, chance);
      if (bytes && !bytes.equals(film.bytes))
        return { film, bytes };
    }
    throw new Error(`no film can be broken in this way: ${way.name}`);
  }

  // One film in one way.
  make(filmName, wayName, seed) {
    const film = this.films.find(({ name }) => name === filmName);
    const chance = randomOf(seed);
    return this.#file(`${seed}`, film, wayName, this.#break(film.bytes,
      WAYS.find(({ name }) => name === wayName), chance), chance);
  }

  #file(number, film, way, bytes, chance) {
    const dot = film.name.lastIndexOf('.');
    return { number, chance, bytes, film: film.name, way,
      name: `${film.name.slice(0, dot)}-${number}${film.name.slice(dot)}` };
  }

  // { number, film, way, name, bytes, chance }; chance goes on, for whoever asks
  // something of the file.
  file(number) {
    const chance = randomOf(Math.imul(this.seed ^ 0x9e3779b9, 2654435761) + number);
    const way = WAYS[number % WAYS.length];
    let { film, bytes } = this.#first(way, chance);
    let said = way.name;
    if (chance.chance(TWICE) && bytes.length > 0) {
      // Of those that take any bytes: what was broken once may be no film any more.
      const second = chance.pick(WAYS.filter(({ family }) => family === null));
      bytes = this.#break(bytes, second, chance) ?? bytes;
      said += `; ${second.name}`;
    }
    return this.#file(number, film, said, bytes, chance);
  }
}
