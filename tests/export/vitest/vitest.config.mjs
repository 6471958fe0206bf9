import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { setupFiles: ['fixtures/exported/setup.mjs'] } });
