/** Relative luminance and contrast. Source: WCAG 2.2, "relative luminance", "contrast ratio". */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const hex = colour.slice(1);
  const long = hex.length === 3 ? [...hex].map(digit => digit + digit).join('') : hex;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map(at => {
    const part = Number.parseInt(long.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export type Palette = Record<string, string>;

/** The custom properties of a style sheet in light and in dark. */
export function palettes(css: string): { light: Palette; dark: Palette } {
  const [, light = ''] = /^\s*:root\{([^}]*)\}/.exec(css) ?? [];
  const [, dark = ''] = /prefers-color-scheme:\s*dark\)\s*\{:root\{([^}]*)\}/.exec(css) ?? [];
  const read = (text: string): Palette =>
    Object.fromEntries(
      [...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,6})/gi)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
  return { light: read(light), dark: { ...read(light), ...read(dark) } };
}

export type Rule = { selector: string; color?: string; background?: string };

/** Rules of a style sheet that give text a colour, with the ground where they name one; print is left out. */
export function rulesOf(css: string): Rule[] {
  const screen = css.replace(/@media print\{[\s\S]*$/, '');
  return [...screen.matchAll(/([^{}]+)\{([^{}]*)\}/g)].flatMap(([, selector = '', body = '']) => {
    const color = /(?:^|;)\s*color:\s*([^;]+)/.exec(body)?.[1]?.trim();
    const background = /(?:^|;)\s*background(?:-color)?:\s*(var\(--[\w-]+\)|#[0-9a-f]{3,6})/i.exec(body)?.[1];
    return color || background
      ? [{ selector: selector.trim(), ...(color && { color }), ...(background && { background }) }]
      : [];
  });
}

/** `var(--ink)` or `#fff` as a colour; undefined for `inherit` and the like. */
export function resolve(value: string | undefined, palette: Palette): string | undefined {
  if (value === undefined) return undefined;
  if (value.startsWith('#')) return value;
  return palette[/^var\(--([\w-]+)\)$/.exec(value)?.[1] ?? ''];
}
