import {
  DockerfileParser,
  type Instruction,
  JSONInstruction,
  PropertyInstruction,
} from 'dockerfile-ast';

/** One instruction of a Dockerfile. */
export interface Step {
  /** In capitals. */
  readonly keyword: string;
  /** What follows it, on one line. */
  readonly text: string;
  /** Its words. */
  readonly words: readonly string[];
  /** `["a", "b"]`, if it is written so. */
  readonly list: readonly string[] | undefined;
  /** `A=b` or `A b`. */
  readonly pairs: readonly (readonly [name: string, value: string])[];
}

/** A Dockerfile is not larger than this, in letters. */
const LARGEST = 1024 * 1024;

/** Reads a Dockerfile. */
export function readDockerfile(text: string): Step[] {
  if (text.length > LARGEST) throw new Error('the Dockerfile is too large');
  return DockerfileParser.parse(text).getInstructions().map(stepOf);
}

function stepOf(instruction: Instruction): Step {
  const isList = instruction instanceof JSONInstruction && instruction.getOpeningBracket() !== null;
  const pairs =
    instruction instanceof PropertyInstruction
      ? instruction.getProperties().map((each) => [each.getName(), each.getValue() ?? ''] as const)
      : [];
  return {
    keyword: instruction.getKeyword(),
    text: (instruction.getArgumentsContent() ?? '').trim(),
    words: instruction.getArguments().map((word) => word.getValue()),
    list: isList ? instruction.getJSONStrings().map((each) => each.getJSONValue()) : undefined,
    pairs,
  };
}
