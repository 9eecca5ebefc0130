/** A moment: a Date, milliseconds since 1970, or ISO 8601 text with its time zone. */
export type Time = Date | number | string;
