# SPDX-License-Identifier: Apache-2.0
"""What tests of the page in a browser share: what is seen of its panels, whether its texts are legible, pictures."""
import os

from e2e import TTFS

# The text of each panel as it is seen, and which pictures of it have no size.
READ = """(() => { const found = {}; let at = null;
  for (const e of document.body.children) {
    if (e.tagName === 'H2') at = found[e.innerText] = {text: '', unseen: 0};
    else if (at) { at.text += (e.tagName === 'DETAILS' ? e.textContent : e.innerText) + '\\n';
      for (const p of e.querySelectorAll('svg, img')) { const r = p.getBoundingClientRect();
        if (p.checkVisibility() && !(r.width > 3 && r.height > 3)) at.unseen++; } } }
  return found; })()"""
# Texts of pictures that lie on one another, or outside of their picture or box: by a fifth of the smaller one, or 2 pixels. A text
# of no letters and one that is not seen are none.
LEGIBLE = """(() => { const bad = [];
  for (const svg of document.querySelectorAll('svg')) {
    if (!svg.checkVisibility()) continue;
    const texts = [];
    for (const t of svg.querySelectorAll('text')) {
      const r = t.getBoundingClientRect(), said = t.textContent.trim();
      if (!said || r.width < 1 || !t.checkVisibility()) continue;
      const own = (t.closest('a')?.querySelector('rect') ?? svg).getBoundingClientRect();
      if (r.left < own.left - 2 || r.right > own.right + 2 || r.top < own.top - 2 || r.bottom > own.bottom + 2) bad.push(said + ' sticks out');
      for (const o of texts) {
        const w = Math.min(r.right, o.r.right) - Math.max(r.left, o.r.left), h = Math.min(r.bottom, o.r.bottom) - Math.max(r.top, o.r.top);
        if (w > 0 && h > 0 && w * h > 0.2 * Math.min(r.width * r.height, o.r.width * o.r.height)) bad.push(said + ' on ' + o.said); }
      texts.push({r, said}); } }
  return bad; })()"""


def pictures(case, browser, name):
    """The page at three widths, light and dark: as wide as the window, legible, in its colours. Kept for looking at, beside the program."""
    kept = os.path.join(os.path.dirname(os.path.abspath(TTFS)), "pictures")
    os.makedirs(kept, exist_ok=True)
    sizes = set()
    for width in (500, 1000, 1600):
        for dark in (False, True):
            path = os.path.join(kept, "%s-%d-%s.png" % (name, width, "dark" if dark else "light"))
            browser.picture(path, width, dark)
            wide = browser.run("document.documentElement.scrollWidth")
            case.check(wide <= width, "%s: at %d pixels the page is %d wide" % (name, width, wide))
            colour = browser.run("getComputedStyle(document.body).backgroundColor")
            case.equal(colour, "rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)", "%s: the page's colour" % name)
            case.equal(browser.run(LEGIBLE)[:5], [], "%s: texts of pictures at %d pixels" % (name, width))
            sizes.add(os.path.getsize(path))
    case.equal(len(sizes), 6, "%s: pictures that differ" % name)
    print("pictures: " + os.path.join(kept, name))
