/** Characters of a short description and of a full one: the Hub's own bounds (protocol.md §6). */
export const SHORT_DESCRIPTION = 100;
export const FULL_DESCRIPTION = 25_000;
