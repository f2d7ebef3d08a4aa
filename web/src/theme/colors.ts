/** Resolves the theme's colours for a canvas, which understands neither variables nor light-dark(). */
export function themeColors(element: HTMLElement): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let value = known.get(name);
    if (value === undefined) {
      const probe = element.appendChild(document.createElement("span"));
      probe.style.color = `var(${name})`;
      known.set(name, (value = getComputedStyle(probe).color));
      probe.remove();
    }
    return value;
  };
}
