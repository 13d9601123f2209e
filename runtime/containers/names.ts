// Generates names for containers without one: two words of ours, as Docker has adjectives and scientists.

import { randomInt } from 'node:crypto';

const manners =
  `able amber ample brave breezy bright brisk calm candid careful cheerful clever cosy crisp curious daring
 deft eager early earnest easy fair fearless fine fond frank fresh friendly gentle glad golden graceful grand handy happy
 hardy hearty honest hopeful humble keen kind lively loyal lucid lucky mellow merry mighty mild modest neat nimble noble
 patient plain pleasant plucky polite proud quick quiet ready robust rosy sharp silent silver simple sincere smooth snug
 solid sound spry steady stout subtle sunny sure swift tender tidy trusty upbeat vivid warm wise witty zesty`.split(
    /\s+/,
  );

const shipwords =
  `anchor ballast barge beacon berth bollard boom bosun bow bowline bulkhead buoy cabin cable capstan cargo
 chart clipper compass coxswain crane cutter davit deck derrick dinghy dock dory ferry fender fjord frigate galley gangway
 halyard harbour hatch hawser helm hull isle jetty jib keel ketch knot lagoon lantern ledger lighthouse locker longboat
 lugger mainsail marina mast mizzen mooring oar outrigger packet pennant pier pilot pinnace pontoon porthole prow quay
 rigging rudder sail schooner scow sextant shoal skiff slipway sloop spar spinnaker starboard stern tender tide tiller
 topsail trawler tug wharf winch windlass yacht yawl`.split(/\s+/);

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? 'plain';
}

/** A name such as `calm_harbour` for which `taken` answers false. After a few tries it gets a digit at its end, as in Docker. */
export function generateName(taken: (name: string) => boolean): string {
  for (let tries = 0; ; tries++) {
    const name = `${pick(manners)}_${pick(shipwords)}${tries > 4 ? randomInt(10 ** Math.min(tries - 4, 9)) : ''}`;
    if (!taken(name)) return name;
  }
}
