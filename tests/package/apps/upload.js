// What an app does with the package: one upload, whose outcome the test reads.
import { upload, s3 } from "upslice";
import { send } from "./send.js";

window.outcome = send(upload, s3);
