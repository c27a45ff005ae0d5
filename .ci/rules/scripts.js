// What scripts.yaml finds (ruleid) and lets through (ok). Read by semgrep, never run.
function show(node, comment) {
  // ruleid: html-from-text
  node.innerHTML = comment.author_name;
  // ruleid: html-from-text
  node.outerHTML = comment.body;
  // ruleid: html-from-text
  node.insertAdjacentHTML("beforeend", comment.body);
  // ruleid: html-from-text
  document.write(comment.body);
  // ruleid: html-from-text
  eval(comment.body);
  // ruleid: html-from-text
  node["innerHTML"] = comment.body;
  // ruleid: html-from-text
  node.srcdoc = comment.body;
  // ruleid: html-from-text
  node.setAttribute("onclick", comment.body);
  // ok: html-from-text
  node.setAttribute("class", comment.body);
  // ruleid: html-parsed
  new DOMParser().parseFromString(comment.body, "text/html");
  // ok: html-from-text
  node.textContent = comment.body;
}
