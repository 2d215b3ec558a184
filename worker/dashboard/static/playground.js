// Sends the form of the playground without leaving the page, and puts the answer beside it.
// The server answers with the same page as without scripts; its result is taken out of it.
"use strict";

const form = document.getElementById("trial");
const result = document.getElementById("result");
const problem = document.getElementById("trial-problem");
const button = document.getElementById("trial-go");
const count = document.getElementById("trial-count");
const text = form.elements.text;
const most = Number(text.dataset.most);
const number = new Intl.NumberFormat("fr-FR"); // thousands apart by a thin space, as elsewhere

let asking = null;

function complain(words) {
  problem.textContent = words;
  problem.hidden = !words;
}

function keepCount() {
  const size = [...text.value].length; // code points, as the server counts
  count.textContent = `${number.format(size)} of at most ${number.format(most)} characters`;
  count.classList.toggle("bad-text", size > most);
}

async function ask() {
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  result.setAttribute("aria-busy", "true");
  button.textContent = "Looking…";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { accept: "text/html" },
      body: new URLSearchParams(new FormData(form)),
      signal: mine.signal,
    });
    await show(answer);
  } catch (error) {
    if (error.name !== "AbortError") complain("The dashboard does not answer. Try again in a moment.");
  } finally {
    if (asking === mine) {
      asking = null;
      button.textContent = "Try";
      result.removeAttribute("aria-busy");
    }
  }
}

async function show(answer) {
  if (answer.status === 401) {
    complain("Your session has ended. Sign in in another tab, then try again: what you wrote stays here.");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("result");
  if (!fresh) {
    complain(`This could not be tried (${answer.status}).`);
    return;
  }
  complain(page.getElementById("trial-problem").textContent);
  result.replaceChildren(...fresh.childNodes);
  for (const field of form.elements) {
    const told = field.id && page.getElementById(field.id);
    if (told && told.hasAttribute("aria-invalid")) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  const heading = document.getElementById("h-found");
  if (heading) {
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "nearest" });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

text.addEventListener("input", keepCount);
keepCount();
