/** What is in a backup file, without the compression around it. */
export const contentFormats = ['plain-sql', 'pg-custom', 'tar', 'json', 'redis-rdb'] as const;
export type ContentFormat = (typeof contentFormats)[number];
