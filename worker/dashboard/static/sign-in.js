// A sign-in link carries its token behind the #, which browsers send to no server and put into no
// log. It is taken out of the address at once and sent as the form would send it.
"use strict";

const form = document.getElementById("sign-in");

function useLink() {
  const token = location.hash.slice(1);
  if (!token) return false;
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  form.requestSubmit();
  return true;
}

// The link may be opened where this page is open already.
addEventListener("hashchange", useLink);

if (!useLink()) {
  // A link from another site brings no cookie along; a request of this page does.
  fetch("/sign-in/state", { cache: "no-store" })
    .then((answer) => answer.json())
    .then((state) => { if (state.signed_in) location.replace(document.getElementById("go-on").href); })
    .catch(() => {});
}
