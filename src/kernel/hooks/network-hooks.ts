/** Hooks of the network stack. Prototypes: include/net/tcp.h and linux/security.h, 5.10 to 7.2. */
import {
  fromParameters,
  int32,
  int64,
  opaque,
  parameters,
  securityHook,
  securityPoints,
  sock,
  trampoline,
  uint32,
} from "../attach-points.ts";
import type { ArgumentFact, HookFact, HookPlace } from "../hook.ts";

const tcpConnect = {
  parameters: parameters(["struct sock *", "sk"]),
  argumentMappings: fromParameters(0),
};

const tcpClose = {
  parameters: parameters(["struct sock *", "sk"], ["long", "timeout"]),
  argumentMappings: fromParameters(0, 1),
};

const socketConnect = {
  parameters: parameters(["struct socket *", "sock"], ["struct sockaddr *", "address"], ["int", "addrlen"]),
  argumentMappings: [{ kind: "connect-target", socket: 0, address: 1, length: 2 }],
  filter: { kind: "stream-connect", socket: 0, address: 1, length: 2 },
} as const;

/** A send with MSG_FASTOPEN connects without passing security_socket_connect. */
const fastOpenSend = {
  parameters: parameters(["struct socket *", "sock"], ["struct msghdr *", "msg"], ["int", "size"]),
  argumentMappings: [{ kind: "message-target", socket: 0, message: 1 }],
  filter: { kind: "fast-open-send", socket: 0, message: 1 },
} as const;

/** Everything that user space can make connect over TCP passes one of these before the first packet. */
const connectGuards: readonly HookPlace[] = [
  { need: "required", attachPoints: securityPoints("security_socket_connect", socketConnect, socketConnect) },
  { need: "required", attachPoints: securityPoints("security_socket_sendmsg", fastOpenSend, fastOpenSend) },
];

const socketParameter = opaque("sock", "struct socket *");
/** The socket with the ends that the operation gives it. */
const ends: ArgumentFact = { name: "ends", type: sock, derived: true };

/** A call that gives a socket one of its ends. */
function addressHook(id: string, end: "destination" | "source"): HookFact {
  return securityHook(
    id,
    [socketParameter, opaque("address", "struct sockaddr *"), { name: "addrlen", type: int32 }, ends],
    {
      parameters: socketConnect.parameters,
      argumentMappings: [
        ...fromParameters(0, 1, 2),
        { kind: "addressed-socket", socket: 0, address: 1, length: 2, end },
      ],
    },
  );
}

export const networkHooks: readonly HookFact[] = [
  {
    id: "tcp_connect",
    section: "kprobe",
    arguments: [{ name: "sk", type: sock }],
    result: int32,
    attachPoints: [
      trampoline("fexit", "tcp_connect", tcpConnect),
      trampoline("fentry", "tcp_connect", tcpConnect),
    ],
    alsoServedBy: [],
    guards: connectGuards,
  },
  {
    id: "tcp_close",
    section: "kprobe",
    arguments: [
      { name: "sk", type: sock },
      { name: "timeout", type: int64 },
    ],
    result: undefined,
    attachPoints: [trampoline("fexit", "tcp_close", tcpClose), trampoline("fentry", "tcp_close", tcpClose)],
    alsoServedBy: [],
    guards: [],
  },
  securityHook(
    "security_socket_create",
    [
      { name: "family", type: int32, words: "addressFamily" },
      { name: "type", type: int32, words: "socketType" },
      { name: "protocol", type: int32, words: "ipProtocol" },
      { name: "kern", type: int32 },
    ],
    {
      parameters: parameters(["int", "family"], ["int", "type"], ["int", "protocol"], ["int", "kern"]),
      argumentMappings: fromParameters(0, 1, 2, 3),
    },
  ),
  addressHook("security_socket_connect", "destination"),
  addressHook("security_socket_bind", "source"),
  securityHook(
    "security_socket_sendmsg",
    [
      socketParameter,
      opaque("msg", "struct msghdr *"),
      { name: "size", type: int32 },
      ends,
      { name: "flags", type: uint32, derived: true },
    ],
    {
      parameters: fastOpenSend.parameters,
      argumentMappings: [
        ...fromParameters(0, 1, 2),
        { kind: "sending-socket", socket: 0, message: 1 },
        { kind: "member", parameter: 1, member: "msg_flags" },
      ],
    },
  ),
  securityHook("security_socket_listen", [socketParameter, { name: "backlog", type: int32 }, ends], {
    parameters: parameters(["struct socket *", "sock"], ["int", "backlog"]),
    argumentMappings: [...fromParameters(0, 1), { kind: "socket", socket: 0 }],
  }),
  securityHook("security_socket_accept", [socketParameter, opaque("newsock", "struct socket *"), ends], {
    parameters: parameters(["struct socket *", "sock"], ["struct socket *", "newsock"]),
    argumentMappings: [...fromParameters(0, 1), { kind: "socket", socket: 0 }],
  }),
];
