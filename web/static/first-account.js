// Takes the one-time code out of the link's fragment, so that it stays in no history.
"use strict";
(() => {
  const take = () => {
    const field = document.getElementById("code");
    const code = location.hash.slice(1);
    if (!field || code.length < 20) return;
    field.value = code;
    history.replaceState(history.state, "", location.pathname);
    document.getElementById("name").focus();
  };
  document.addEventListener("page", take);
  addEventListener("hashchange", take); // the link was opened while the form was shown
})();
