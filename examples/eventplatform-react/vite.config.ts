import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  resolve: { dedupe: ['msw'] }, // the exported handlers lie outside of this folder, and find MSW only in this one
  server: { port: 4200, strictPort: true, fs: { allow: ['../..'] } }, // the backend admits pages of this origin
  preview: { port: 4200, strictPort: true },
});
