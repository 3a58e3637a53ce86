import { defineConfig } from 'vitest/config';
import realConfig from './vitest.real.config.ts';

/** Takes the pictures of docs/pictures on a real Odoo 19. */
export default defineConfig({
  test: {
    ...realConfig.test,
    include: ['test/pictures/odoo.pictures.ts'],
  },
});
