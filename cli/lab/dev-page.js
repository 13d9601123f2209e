// In the page that `drydock lab dev` shows: loads it again, where one was reading, as soon as the lesson has changed, and
// shows what is wrong with it.

const lookEveryMs = 200;
const kept = 'drydock lab dev';
const box = document.createElement('pre');
box.hidden = true;
box.setAttribute('role', 'alert');
box.style.cssText =
  'position:fixed;inset:auto 0 0 0;z-index:1000;margin:0;padding:12px 16px;max-height:40vh;overflow:auto;' +
  'font:13px/1.5 monospace;white-space:pre-wrap;background:#5b1020;color:#fff';
document.body.append(box);

const text = document.getElementById('text');
const before = sessionStorage.getItem(kept);
if (before !== null) {
  const [page, inText] = JSON.parse(before);
  scrollTo(0, page);
  if (text) text.scrollTop = inText;
  sessionStorage.removeItem(kept);
}

let shown;
async function look() {
  const answer = await fetch('/dev.json', { cache: 'no-store' });
  const { version, mistakes } = await answer.json();
  box.textContent = mistakes.join('\n');
  box.hidden = mistakes.length === 0;
  if (shown !== undefined && shown !== version) {
    sessionStorage.setItem(kept, JSON.stringify([scrollY, text?.scrollTop ?? 0]));
    location.reload();
  }
  shown = version;
}
// The server may be ending: it is asked again.
setInterval(() => look().catch(() => undefined), lookEveryMs);
