/** Follows `Marker` until the last page. */
export async function pages<T>(
  read: (marker: string | undefined) => Promise<{ items: T[] | undefined; marker: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  let marker: string | undefined;
  do {
    const page = await read(marker);
    all.push(...(page.items ?? []));
    marker = page.marker;
  } while (marker);
  return all;
}
