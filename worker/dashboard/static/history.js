// Draws the charts of the history page from the figures of the API; the tables need no script.
"use strict";

const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(name).trim();
const inks = ["--link", "--bad", "--ok", "--figure", "--date"];
const dark = matchMedia("(prefers-color-scheme: dark)");
const moments = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

let charts = [];
let data = null;

// Versions and rules that were put in force: a line across the chart, with its name.
function marks() {
  return {
    hooks: {
      draw: (u) => {
        const { ctx, bbox } = u;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = colour("--dim");
        ctx.setLineDash([4, 4]);
        ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
        for (const mark of data.marks) {
          const x = u.valToPos(Date.parse(mark.at) / 1000, "x", true);
          if (x < bbox.left || x > bbox.left + bbox.width) continue;
          ctx.beginPath();
          ctx.moveTo(x, bbox.top);
          ctx.lineTo(x, bbox.top + bbox.height);
          ctx.stroke();
          const text = `${mark.kind} ${mark.value.slice(0, 8)}`;
          const right = x + ctx.measureText(text).width > bbox.left + bbox.width;
          ctx.textAlign = right ? "right" : "left";
          ctx.fillText(text, x + (right ? -4 : 4), bbox.top + 12 * devicePixelRatio);
        }
        ctx.restore();
      },
    },
  };
}

function draw(place) {
  const heads = place.closest("section").querySelectorAll("th[data-line]");
  const lines = [...heads].map((head) => [head.dataset.line, head.textContent]);
  const drawn = lines.filter(([name]) => data.series[name]);
  if (!drawn.length || !data.times.length) return;
  const axis = { stroke: colour("--dim"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const short = data.step_seconds <= 60;
  const names = (_, splits) => splits.map((at) => (short ? hours : days).format(at * 1000));
  const chart = new uPlot({
    width: place.clientWidth,
    height: 220,
    plugins: [marks()],
    scales: {
      x: { range: () => [Date.parse(data.since) / 1000, Date.parse(data.until) / 1000] },
      y: { range: (_, low, high) => [0, Math.max(high * 1.08, 1)] },
    },
    series: [
      { value: (_, at) => (at == null ? "–" : moments.format(at * 1000)) },
      ...drawn.map(([name, label], at) => ({
        label, stroke: colour(inks[at % inks.length]), width: 1.5, points: { show: false },
        value: (_, value) => (value == null ? "–" : value),
      })),
    ],
    axes: [{ ...axis, values: names }, { ...axis, size: 56 }],
  }, [data.times, ...drawn.map(([name]) => data.series[name])], place);
  charts.push([chart, place]);
}

async function load() {
  const places = document.querySelectorAll("[data-chart]");
  if (!places.length || document.hidden) return;
  const answer = await fetch(`/api/v1/history?span=${places[0].dataset.span}`);
  if (!answer.ok) return;
  data = await answer.json();
  for (const [chart] of charts) chart.destroy();
  charts = [];
  for (const place of places) draw(place);
}

addEventListener("resize", () => {
  for (const [chart, place] of charts) chart.setSize({ width: place.clientWidth, height: 220 });
});
dark.addEventListener("change", load);
document.addEventListener("visibilitychange", load);
addEventListener("load", load);
setInterval(load, 10_000);
