"use strict";
// The stack viewer: one grey picture a slice, windowed here by a table of 256 greys.
(() => {
  const stack = JSON.parse(document.getElementById("stack-data").textContent);
  const find = (id) => document.getElementById(id);
  const film = find("film"), canvas = find("canvas"), pen = canvas.getContext("2d");
  const slider = find("slider"), contours = find("contours"), profile = find("profile");
  const svg = profile.querySelector("svg"), cursor = find("cursor");
  const radios = [...document.querySelectorAll("input[name=window]")];
  const count = stack.slices.length;
  const raw = document.createElement("canvas");
  raw.width = stack.width;
  raw.height = stack.height;
  const rawPen = raw.getContext("2d", { willReadFrequently: true });
  const kept = new Map(); // index → greys; a few slices, so that 548 do not fill the memory
  const MOST_KEPT = 60;
  let current = stack.start;

  const hu = (grey) => {
    const greys = stack.knots_grey, values = stack.knots_hu;
    let k = 1;
    while (k < greys.length - 1 && grey > greys[k]) k++;
    const part = (grey - greys[k - 1]) / (greys[k] - greys[k - 1]);
    return values[k - 1] + part * (values[k] - values[k - 1]);
  };
  const tables = stack.windows.map(([, level, width]) =>
    Uint8ClampedArray.from({ length: 256 }, (_, grey) => (255 * (hu(grey) - level)) / width + 127.5));

  const load = (index) => {
    if (kept.has(index)) return kept.get(index);
    const image = new Image();
    image.src = "data:image/jpeg;base64," + stack.slices[index];
    const greys = image.decode().then(() => {
      rawPen.drawImage(image, 0, 0);
      const pixels = rawPen.getImageData(0, 0, stack.width, stack.height).data;
      const found = new Uint8Array(stack.width * stack.height);
      for (let i = 0; i < found.length; i++) found[i] = pixels[4 * i];
      return found;
    });
    kept.set(index, greys);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
    return greys;
  };

  const outline = () => {
    if (!contours || !contours.checked) return;
    const across = canvas.width / stack.across / 10, down = canvas.height / stack.down / 10;
    pen.lineWidth = Math.max(1.5, canvas.width / 420);
    pen.lineJoin = "round";
    for (const [label, points] of stack.outlines[current]) {
      pen.strokeStyle = stack.colours[label];
      pen.beginPath();
      for (let i = 0; i < points.length; i += 2) pen.lineTo(points[i] * across, points[i + 1] * down);
      pen.closePath();
      pen.stroke();
    }
  };

  const draw = async () => {
    const index = current, greys = await load(index);
    if (index !== current) return; // a later slice is on its way
    const table = tables[radios.findIndex((radio) => radio.checked)];
    const image = rawPen.createImageData(stack.width, stack.height), pixels = image.data;
    for (let i = 0, j = 0; i < greys.length; i++, j += 4) {
      pixels[j] = pixels[j + 1] = pixels[j + 2] = table[greys[i]];
      pixels[j + 3] = 255;
    }
    rawPen.putImageData(image, 0, 0);
    const width = Math.round(film.clientWidth * (window.devicePixelRatio || 1));
    const height = Math.round((width * stack.height) / stack.width);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    pen.imageSmoothingQuality = "high";
    pen.drawImage(raw, 0, 0, width, height);
    outline();
    canvas.dataset.slice = index;
    for (const near of [index + 1, index - 1]) if (near >= 0 && near < count) load(near);
  };

  const show = (index) => {
    current = Math.min(count - 1, Math.max(0, index));
    const said = `Slice ${current + 1} of ${count}`;
    const amount = stack.amounts[current];
    find("where-slice").textContent = said;
    find("where-position").textContent = stack.positions[current];
    find("where-amount").textContent = amount && `${amount} in this slice`;
    slider.value = current + 1;
    slider.setAttribute("aria-valuetext", [said, stack.positions[current], amount].filter(Boolean).join(", "));
    const y = stack.centres[current];
    cursor.setAttribute("d", `M0 ${y}H100`);
    draw();
  };

  const next = () => {
    for (let step = 1; step <= count; step++) {
      const index = (current + step) % count;
      if (stack.outlines[index].length) return show(index);
    }
  };
  const choose = (which) => {
    radios[which].checked = true;
    draw();
  };
  const toggle = () => {
    if (!contours) return;
    contours.checked = !contours.checked;
    draw();
  };
  const keys = {
    ArrowUp: () => show(current + 1), ArrowRight: () => show(current + 1),
    ArrowDown: () => show(current - 1), ArrowLeft: () => show(current - 1),
    PageUp: () => show(current + 10), PageDown: () => show(current - 10),
    Home: () => show(0), End: () => show(count - 1),
    1: () => choose(0), 2: () => choose(1), 3: () => choose(2),
    c: toggle, C: toggle, n: next, N: next,
  };
  film.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });

  // A wheel gives clicks of about 100, a touchpad a stream of small steps: both go by distance.
  let rolled = 0;
  const notch = 40;
  film.addEventListener("wheel", (event) => {
    if (event.ctrlKey) return; // the browser's zoom
    const up = event.deltaY < 0;
    if (up ? current === count - 1 : current === 0) return; // at the end the page scrolls on
    event.preventDefault();
    rolled -= event.deltaY * (event.deltaMode === 1 ? 33 : 1);
    const large = Math.abs(event.deltaY) >= 80;
    const steps = large ? Math.sign(rolled) : Math.trunc(rolled / notch);
    if (!steps) return;
    rolled = large ? 0 : rolled - steps * notch;
    show(current + steps);
  }, { passive: false });

  let held = null;
  film.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = { y: event.clientY, index: current };
    film.setPointerCapture(event.pointerId);
  });
  film.addEventListener("pointermove", (event) => {
    if (!held) return;
    const index = held.index + Math.round(((held.y - event.clientY) / film.clientHeight) * Math.max(count, 24));
    if (index !== current) show(index);
  });
  for (const end of ["pointerup", "pointercancel"]) film.addEventListener(end, () => { held = null; });

  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const y = ((event.clientY - box.top) / box.height) * 1000;
    let index = 0;
    while (index < count - 1 && stack.edges[index + 1] > y) index++;
    show(index);
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    at(event);
  });
  svg.addEventListener("pointermove", (event) => { if (event.buttons & 1) at(event); });

  slider.addEventListener("input", () => show(slider.value - 1));
  for (const radio of radios) radio.addEventListener("change", draw);
  if (contours) contours.addEventListener("change", draw);
  for (const link of document.querySelectorAll("[data-slice]:not(canvas)"))
    link.addEventListener("click", () => {
      show(Number(link.dataset.slice));
      film.focus({ preventScroll: true });
    });
  new ResizeObserver(draw).observe(film);
  show(current);
})();
