// password.mjs check PASSWORD HASH | hash PASSWORD: npm's bcryptjs, for the tests.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../target/node/", import.meta.url));
const bcrypt = require("bcryptjs");
const [command, password, hash] = process.argv.slice(2);
console.log(command === "check" ? bcrypt.compareSync(password, hash) : bcrypt.hashSync(password, 4));
