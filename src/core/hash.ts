/**
 * 32-bit FNV-1a over UTF-16 code units, finished with murmur3's avalanche. Stable for ever: shards are stored by it, so
 * changing one bit of it would send every key to another shard. Not for secrets, not against an adversary.
 */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
