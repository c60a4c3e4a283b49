/** Events of internet sockets: TCP, UDP and everything else over IPv4 or IPv6. */
import type { EventFact, EventField, FieldPlace, PlaceCondition } from "../events.ts";
import { at, hasBits, isAnyOf } from "./parts.ts";

const AF_INET = 2n;
const AF_INET6 = 10n;
const AF_PACKET = 17n;
const SOCK_STREAM = 1n;
const MSG_FASTOPEN = 0x20000000n;

const socketFields: readonly EventField[] = [
  { name: "socket.family", meaning: "`AF_INET` or `AF_INET6`" },
  { name: "socket.type", meaning: "`SOCK_STREAM`, `SOCK_DGRAM`, `SOCK_RAW` …" },
  { name: "socket.protocol", meaning: "`IPPROTO_TCP`, `IPPROTO_UDP` …" },
];
const destination: readonly EventField[] = [
  { name: "dest.addr", meaning: "address at the other end" },
  { name: "dest.port", meaning: "port at the other end" },
];
const local: readonly EventField[] = [
  { name: "local.addr", meaning: "the socket's own address; 0.0.0.0 or :: while it has none" },
  { name: "local.port", meaning: "the socket's own port; 0 while it has none" },
];

function socketAt(argument: number): Readonly<Record<string, FieldPlace>> {
  return {
    "socket.family": at(argument, "family"),
    "socket.type": at(argument, "type"),
    "socket.protocol": at(argument, "protocol"),
    "local.addr": at(argument, "saddr"),
    "local.port": at(argument, "sport"),
  };
}

function connectionAt(argument: number): Readonly<Record<string, FieldPlace>> {
  return {
    ...socketAt(argument),
    "dest.addr": at(argument, "daddr"),
    "dest.port": at(argument, "dport"),
  };
}

function isInternet(argument: number): PlaceCondition {
  return isAnyOf(at(argument, "family"), AF_INET, AF_INET6);
}

const otherFamilies = "sockets of other families: UNIX, netlink, packet, vsock";

export const networkEvents: readonly EventFact[] = [
  {
    name: "net.create",
    summary: "makes an internet or packet socket",
    fields: socketFields,
    places: [
      {
        hook: "security_socket_create",
        need: "required",
        covers: ["socket", "io_uring socket"],
        when: [isAnyOf(at(0), AF_INET, AF_INET6, AF_PACKET), isAnyOf(at(3), 0n)],
        fields: { "socket.family": at(0), "socket.type": at(1), "socket.protocol": at(2) },
      },
    ],
    uncovered: [
      "sockets of other families: UNIX, netlink, vsock",
      "sockets that accept makes: net.accept",
      "a protocol that is not asked for (0): TCP for SOCK_STREAM, UDP for SOCK_DGRAM",
    ],
  },
  {
    name: "net.connect",
    summary: "connects an internet socket, or names the destination of a datagram socket",
    fields: [...destination, ...local, ...socketFields],
    places: [
      {
        hook: "security_socket_connect",
        need: "required",
        covers: ["connect", "io_uring connect"],
        when: [isInternet(3)],
        fields: connectionAt(3),
      },
      {
        hook: "security_socket_sendmsg",
        need: "required",
        covers: ["sendto and sendmsg with MSG_FASTOPEN: they connect"],
        when: [hasBits(at(4), MSG_FASTOPEN), isAnyOf(at(3, "type"), SOCK_STREAM), isInternet(3)],
        fields: connectionAt(3),
      },
    ],
    uncovered: [otherFamilies, "datagrams to an address given with each: net.send", "sctp_connectx"],
  },
  {
    name: "net.bind",
    summary: "gives an internet socket its own address",
    fields: [...local, ...socketFields],
    places: [
      {
        hook: "security_socket_bind",
        need: "required",
        covers: ["bind"],
        when: [isInternet(3)],
        fields: socketAt(3),
      },
    ],
    uncovered: [otherFamilies, "a port that the kernel picks on connect or listen", "sctp_bindx"],
  },
  {
    name: "net.listen",
    summary: "starts to listen on an internet socket",
    fields: [...local, ...socketFields],
    places: [
      {
        hook: "security_socket_listen",
        need: "required",
        covers: ["listen"],
        when: [isInternet(2)],
        fields: socketAt(2),
      },
    ],
    uncovered: [otherFamilies],
  },
  {
    name: "net.accept",
    summary: "takes, or waits for, a connection from a listening internet socket",
    fields: [...local, ...socketFields],
    places: [
      {
        hook: "security_socket_accept",
        need: "required",
        covers: ["accept, accept4"],
        when: [isInternet(2)],
        fields: socketAt(2),
      },
    ],
    uncovered: [otherFamilies, "who connects: it is not known before the connection is taken"],
  },
  {
    name: "net.send",
    summary: "sends through an internet socket",
    fields: [...destination, ...local, ...socketFields],
    places: [
      {
        hook: "security_socket_sendmsg",
        need: "required",
        covers: ["send, sendto, sendmsg", "write to a socket", "io_uring send"],
        when: [isInternet(3)],
        fields: connectionAt(3),
      },
    ],
    uncovered: [
      otherFamilies,
      "sendfile and splice into a connected socket before 6.5: net.connect sees them",
    ],
  },
];
