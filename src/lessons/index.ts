/*
 * Lessons: what to do with a hub, step by step, each step ticked off by what the hub saw and by what is in it now. They
 * do not care how a step was done: by the played docker of the terminal pane, by a real one, by curl or on a page.
 *
 *   lesson.ts     what a lesson is; every text in both languages, or it does not compile
 *   facts.ts      how a step is known to be done: pure predicates
 *   course/       the lessons, a file each, and their order (course.ts)
 *   progress.ts   how far each reader is, and the way back
 */
export { COURSE, lessonAfter, lessonOf } from './course/course.js';
export { type Lesson, type LessonStep, type Names, spoken, type Text } from './lesson.js';
export { Progress, type Remembered, type Standing, type UnderWay } from './progress.js';
