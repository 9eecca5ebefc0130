// A very small client, to have something to test.
export async function search(url, word) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`${url}/v1/search?q=${encodeURIComponent(word)}`);
    if (answer.status !== 503 || attempt === 5) return names(answer);
    const seconds = Number(answer.headers.get('Retry-After'));
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

async function names(answer) {
  try {
    return (await answer.json()).results.map(({ name }) => name);
  } catch {
    throw new Error('the Hub broke off');
  }
}
