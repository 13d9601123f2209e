/** The pages of published ports that were opened. They stay loaded while another tab is in sight. */
import { place } from '../client/lab-state.ts';
import { openPreviews, placeOf } from '../client/previews.ts';
import { PreviewPage } from './PreviewPage.tsx';

export function Previews() {
  return (
    <>
      {openPreviews.value.map((preview) => (
        <div key={placeOf(preview)} class="preview-place" hidden={place.value !== placeOf(preview)}>
          <PreviewPage preview={preview} />
        </div>
      ))}
    </>
  );
}
