/* SPDX-License-Identifier: Apache-2.0
 * The only script of OUT/report/index.html: a button that copies the command. Without it the page is the same.
 */
(function () {
  var command = document.getElementById("command");
  var button = document.createElement("button");
  button.type = "button";
  button.textContent = "copy";
  button.addEventListener("click", function () {
    var range = document.createRange();
    range.selectNodeContents(command);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = document.execCommand("copy") ? "copied" : "selected";
  });
  command.after(button);
})();
