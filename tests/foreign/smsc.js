// An SMSC made of node-smpp: it answers, tells what it has read, and sends what it is told to send.
//
//   node smsc.js PORT [CERTIFICATE KEY CLIENTS]
//
// Port 0 is any free one. With the three PEM files it speaks TLS, and lets those in whose certificate CLIENTS has signed.
//
// It tells one JSON a line on stdout:
//   {"event":"ready","port":2775}
//   {"event":"pdu","session":1,"unanswered":0,"pdu":{"command":"submit_sm","short_message":{"message":"Hello"},…}}
//   {"event":"closed","session":1}
//   {"event":"holding"}                                     once it has been told to hold
// and takes one a line on stdin:
//   {"order":"send","command":"deliver_sm","fields":{…}}   to the receiver that bound last; {"hex":"00ff"} is octets
//   {"order":"hold"}                                        leaves submit_sm without an answer from now on
//   {"order":"release","count":1}                           answers so many of them, the oldest first
//   {"order":"answer"}                                      answers them all, and at once from now on
//   {"order":"call","port":2776,"fields":{…}}               connects as soon as somebody listens there, and sends outbind
//
// Octets are told in hexadecimal digits. Texts are what node-smpp makes of them.
'use strict';

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const tell = (event) => process.stdout.write(JSON.stringify(event) + '\n');

let sessions = 0;
let messages = 0;
let receiver = null;
let holding = false;
const held = [];

/** What JSON can carry of a value. */
function plain(value) {
	if (Buffer.isBuffer(value)) return value.toString('hex');
	if (value instanceof Date || value === null || typeof value !== 'object') return value;
	if (Array.isArray(value)) return value.map(plain);
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The reverse, where JSON says {"hex": …}. */
function octets(value) {
	if (value === null || typeof value !== 'object') return value;
	if (typeof value.hex === 'string') return Buffer.from(value.hex, 'hex');
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, octets(inner)]));
}

function answer(session, pdu) {
	switch (pdu.command) {
	case 'bind_receiver':
	case 'bind_transceiver':
		receiver = session;
		// falls through
	case 'bind_transmitter':
		return session.send(pdu.response({ system_id: 'node', sc_interface_version: 0x34 }));
	case 'submit_sm':
		messages += 1;
		return session.send(pdu.response({ message_id: 'node-' + String(messages).padStart(6, '0') }));
	case 'unbind':
		return session.send(pdu.response(), () => session.close());
	default:
		return session.send(pdu.response());
	}
}

const [port, ...files] = process.argv.slice(2);
const [cert, key, ca] = files.map((file) => fs.readFileSync(file));

function serve(session) {
	const number = ++sessions;
	session.on('pdu', (pdu) => {
		const holds = holding && pdu.command === 'submit_sm';
		if (holds) held.push(() => answer(session, pdu));
		tell({ event: 'pdu', session: number, unanswered: held.length, pdu: plain(pdu) });
		if (!holds && !pdu.isResponse()) answer(session, pdu);
	});
	session.on('error', (error) => tell({ event: 'error', session: number, error: String(error) }));
	session.on('close', () => tell({ event: 'closed', session: number }));
}

function call({ port, fields }) {
	const session = smpp.connect({ host: '127.0.0.1', port });
	const again = () => setTimeout(call, 20, { port, fields });
	session.once('error', again);
	session.once('connect', () => {
		session.off('error', again);
		serve(session);
		session.outbind(fields);
	});
}

const server = smpp.createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, serve);

const orders = {
	send: ({ command, fields }) => receiver.send(new smpp.PDU(command, octets(fields || {}))),
	call,
	hold: () => {
		holding = true;
		tell({ event: 'holding' });
	},
	release: ({ count }) => held.splice(0, count).forEach((late) => late()),
	answer: () => {
		holding = false;
		held.splice(0).forEach((late) => late());
	},
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
	const order = JSON.parse(line);
	orders[order.order](order);
});

server.listen(Number(port), '127.0.0.1', () => tell({ event: 'ready', port: server.address().port }));
