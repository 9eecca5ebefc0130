import markdownIt from 'markdown-it';

/** How deep lists and quotes may lie in each other: hostile texts go deeper, and take long. */
const DEEPEST = 20;

/**
 * Makes HTML of a full description. HTML in it is shown as the text that it is, addresses of scripts are no links,
 * and a picture becomes a link with its words: pages show nothing of a foreign host.
 */
export function createMarkdown(): (text: string) => string {
  const markdown = markdownIt({ html: false, linkify: false, maxNesting: DEEPEST });
  const { rules } = markdown.renderer;
  let isInLink = false;
  rules.link_open = (tokens, index, options, _env, self) => {
    isInLink = true;
    tokens[index]?.attrSet('rel', LINK);
    return self.renderToken(tokens, index, options);
  };
  rules.link_close = (tokens, index, options, _env, self) => {
    isInLink = false;
    return self.renderToken(tokens, index, options);
  };
  rules.image = (tokens, index, options, env, self) => {
    const token = tokens[index];
    const { escapeHtml } = markdown.utils;
    const words = self.renderInlineAsText(token?.children ?? [], options, env);
    const shown = escapeHtml(words === '' ? '🖼' : words);
    // A link inside a link is not a link.
    if (isInLink) return shown;
    return `<a href="${escapeHtml(String(token?.attrGet('src') ?? ''))}" rel="${LINK}">${shown}</a>`;
  };
  return (text) => {
    isInLink = false;
    return markdown.render(text);
  };
}

/** People wrote these links; the hub does not recommend them. */
const LINK = 'nofollow noopener ugc';
