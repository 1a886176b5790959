// A mail server of the npm package smtp-server, for the tests: node smtp.js MODULES KIND CERT KEY. KIND is starttls, tls or plain. It prints
// its port, then each letter as a line of JSON. The account is ada, of the password "a word"; it refuses full@corp.example.
const [modules, kind, cert, key] = process.argv.slice(2);
const { SMTPServer } = require(modules + "/smtp-server");
const fs = require("fs");
const server = new SMTPServer({
  secure: kind === "tls",
  cert: cert && fs.readFileSync(cert),
  key: key && fs.readFileSync(key),
  authOptional: true,
  disabledCommands: kind === "plain" ? ["STARTTLS"] : [],
  logger: false,
  onAuth(auth, session, done) {
    if (auth.username === "ada" && auth.password === "a word") return done(null, { user: auth.username });
    done(new Error("no such account: " + auth.password));
  },
  onRcptTo(address, session, done) {
    if (address.address === "full@corp.example") {
      const e = new Error("the box is full\r\n250 not so");
      e.responseCode = 452;
      return done(e);
    }
    done();
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on("data", (c) => parts.push(c));
    stream.on("end", () => {
      console.log(JSON.stringify({
        from: session.envelope.mailFrom.address,
        to: session.envelope.rcptTo.map((r) => r.address),
        user: session.user || "",
        secure: session.secure,
        raw: Buffer.concat(parts).toString("latin1"),
      }));
      done();
    });
  },
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
