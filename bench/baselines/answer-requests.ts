/**
 * The other end of `startChild`: answers each request of the bench process, and ends with it. A
 * failure ends the baseline, and the bench with a message.
 */
export function answerRequests<Request, Reply>(work: (request: Request) => Promise<Reply>): void {
  process.on('message', (request) => {
    work(request as Request).then(
      (reply) => process.send?.(reply),
      (error: unknown) => {
        process.stderr.write(`${(error as Error).stack}\n`);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
