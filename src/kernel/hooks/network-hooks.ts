/** Hooks of the network stack. Prototypes: include/net/tcp.h and linux/security.h, 5.10 to 7.2. */
import {
  fromParameters,
  int32,
  int64,
  parameters,
  securityPoints,
  sock,
  trampoline,
} from "../attach-points.ts";
import type { HookFact, HookPlace } from "../hook.ts";

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
];
