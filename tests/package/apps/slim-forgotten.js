// A page that forgot to say where the module is.
import { upload, s3 } from "upslice/slim";
import { send } from "./send.js";

window.outcome = send(upload, s3).then(
  () => "uploaded all the same",
  ({ name, code, message }) => ({ name, code, message }),
);
