import { z } from 'zod';

/**
 * Tells what the first thing wrong with a document is, as `"tags.latest.image" is not of type string`; undefined
 * where it has the shape of the schema. The schema's own messages go on from the name of the field.
 */
export function problemBy(schema: z.ZodType): (value: unknown) => string | undefined {
  return (value) => {
    const result = schema.safeParse(value);
    const issue = result.success ? undefined : result.error.issues[0];
    return issue && sentence(issue);
  };
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.path.length === 0) return 'it holds no JSON object';
  const field = z.core.toDotPath(issue.path);
  return `"${field}" ${issue.code === 'invalid_type' ? mistyped(issue) : issue.message}`;
}

/** A schema may have words of its own; zod's begin like this. */
function mistyped({ expected, message }: z.core.$ZodIssueInvalidType): string {
  if (!message.startsWith('Invalid input')) return message;
  return `is not of type ${expected === 'record' ? 'object' : expected}`;
}
