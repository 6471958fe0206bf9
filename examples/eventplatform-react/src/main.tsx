import { createRoot } from 'react-dom/client';
import { start } from './backend';
import './styles.css';

await start();
const { App } = await import('./App'); // brings socket.io-client
createRoot(document.getElementById('root')!).render(<App />);
