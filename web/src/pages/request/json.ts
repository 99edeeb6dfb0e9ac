/** JSON with line breaks; anything else, such as a stream's events or a body that was cut, as it is. */
export function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
