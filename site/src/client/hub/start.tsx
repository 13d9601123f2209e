/** Draws the page of the hub that the address names. */
import { hubPlaceOf } from '@drydock/sandbox-server/protocol';
import { render } from 'preact';
import { Hub } from '../../components/hub/Hub.tsx';

const root = document.querySelector('#hub');
if (root) render(<Hub place={hubPlaceOf(location.pathname)} />, root);
