/** What any language must say: the keys of English, with its functions' arguments. */
export type Words<T> = {
  readonly [K in keyof T]: T[K] extends (...about: infer A) => string
    ? (...about: A) => string
    : T[K] extends string
      ? string
      : Words<T[K]>;
};
