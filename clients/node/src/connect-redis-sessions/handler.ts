// Between req.session and the store: reads, writes, and the cookie, whose value is the bare token.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { type CookieAttributes, setCookie } from "../cookie.js";
import RedisSessions from "../redis-sessions/v3.js";
import { type Attributes, atLeastTen, type Callback, type Meta, SessionObject } from "./session.js";

export interface Request extends IncomingMessage {
  sessionID?: string | null;
  session?: SessionObject;
  cookies?: Record<string, string>;
  originalUrl?: string;
  secure?: boolean;
  ip?: string;
  res?: ServerResponse;
  _appname?: string | undefined;
}

type AppOf = (request: Request, callback: (error?: Error | null, app?: string) => void) => void;

export interface Options extends RedisSessions.RedisSessionsOptions {
  /** The app, or a function that finds it for each request. */
  app: string | AppOf;
  cookie?: CookieAttributes | undefined;
  ttl?: number | undefined;
  /** Trust the header X-Forwarded-Proto for secure cookies. */
  proxy?: boolean | undefined;
  trustProxy?: boolean | undefined;
  debug?: boolean | undefined;
}

const ERRORS: Record<string, string> = {
  "no-token": "This is an invalid or outdated session",
  "no-app-defined":
    "To initialize a ConnectRedisSessions object you have to define the option `app` as a string or function",
  "cookies-disabled":
    "The cookieParser has not been initialized. Please add `connect.cookieParser()` to your connect/express configuration.",
};

type Data = Attributes & { _meta: Meta };

export class Handler {
  readonly app: Options["app"];
  readonly rds: RedisSessions;
  readonly redis: unknown;
  readonly cookie: CookieAttributes;
  readonly ttl: number | undefined;
  readonly debug: boolean;
  readonly getApp: AppOf;
  ready: boolean;
  readonly #trustsProxy: boolean;

  constructor(options: Options) {
    const { app } = options ?? {};
    if (typeof app !== "string" && typeof app !== "function") throw this.error("no-app-defined");
    this.getApp = typeof app === "function" ? app : (_request, callback) => callback(null, app);
    this.app = app;
    this.rds = new RedisSessions(options);
    this.redis = this.rds.redis;
    this.debug = Boolean(options.debug);
    this.ready = this.rds.connected;
    this.rds.on("connect", () => {
      this.ready = true;
    });
    this.rds.on("disconnect", () => {
      this.ready = false;
    });
    this.#trustsProxy = Boolean(options.proxy ?? options.trustProxy);
    this.cookie = options.cookie ?? {};
    this.ttl = options.ttl === undefined ? undefined : atLeastTen(options.ttl);
  }

  error(name: string): Error {
    const error = new Error(ERRORS[name] ?? "");
    error.name = name;
    return error;
  }

  /** Responds to a request that failed. */
  fail(error: Error, response: ServerResponse): void {
    response.statusCode = 500;
    response.end(error.toString());
    console.error("cannot get appname", error);
  }

  /** Gives the request its new session; the cookie goes with the head of the response. */
  generate(request: Request, token: string, id: string | number, ttl: number | undefined): void {
    request.sessionID = token;
    const session = { id: String(id), ttl: ttl ?? 0, ip: this.#ip(request) };
    this.createSession(request, this.#shown(session));
    this.#atHead(request, () => this.#sendCookie(request));
  }

  createSession(request: Request, data: object): void {
    request.session = new SessionObject(this, request, data);
  }

  #atHead(request: Request, run: () => void): void {
    const response = request.res as ServerResponse;
    const { writeHead } = response;
    response.writeHead = function (this: ServerResponse, ...args: unknown[]) {
      run();
      return writeHead.apply(this, args as Parameters<typeof writeHead>);
    } as typeof writeHead;
  }

  #isSecure(request: Request): boolean {
    if (request.secure !== undefined) return request.secure;
    const protocol = String(request.headers["x-forwarded-proto"] ?? "").split(",", 1)[0];
    const isForwarded = this.#trustsProxy && protocol?.trim().toLowerCase() === "https";
    return (request.socket as TLSSocket).encrypted === true || isForwarded;
  }

  #sendCookie(request: Request): void {
    if (!request.session || (this.cookie.secure && !this.#isSecure(request))) return;
    this.#setCookie(request, request.sessionID ?? "", this.cookie);
  }

  removeCookie(request: Request): void {
    this.#atHead(request, () =>
      this.#setCookie(request, "", { ...this.cookie, maxAge: null, expires: new Date(0) }),
    );
  }

  #setCookie(request: Request, value: string, attributes: CookieAttributes): void {
    request.res?.appendHeader("Set-Cookie", setCookie(String(request._appname), value, attributes));
  }

  #ip(request: Request): string {
    const ip = request.ip || request.headers["x-forwarded-for"] || request.socket.remoteAddress;
    return String(ip ?? "unknown").slice(0, 39);
  }

  #shown({ id, r, w, ttl, idle, ip, d }: Partial<RedisSessions.Session>): Data {
    const _meta = {
      id: id || null,
      r: r || 1,
      w: w || 1,
      ttl: ttl || this.ttl || 7200,
      idle: idle || 0,
      ip: ip || "",
    };
    return { ...(d as Attributes), _meta } as Data;
  }

  #found(callback: Callback<Data | null>) {
    return (error: Error | null, session: Partial<RedisSessions.Session> = {}) => {
      if (error) callback(error);
      else callback(null, Object.keys(session).length > 0 ? this.#shown(session) : null);
    };
  }

  create(request: Request, id: string | number, ttl: number | undefined, callback: Callback<string>): void {
    const options = { app: request._appname, id, ip: this.#ip(request), ttl: ttl ?? this.ttl };
    this.rds.create(options, (error, reply) => callback(error, reply?.token));
  }

  get(request: Request, callback: Callback<Data | null>): void {
    this.rds.get({ app: request._appname, token: request.sessionID }, this.#found(callback));
  }

  /** Stores the changes, or refreshes the session if there are none. */
  set(request: Request, changes: Attributes, callback: Callback<Data | null>): void {
    const options = { app: request._appname, token: request.sessionID };
    if (Object.keys(changes).length === 0) this.rds.get(options, this.#found(callback));
    else this.rds.set({ ...options, d: changes }, this.#found(callback));
  }

  destroy(request: Request, callback: Callback<number>): void {
    const options = { app: request._appname, token: request.sessionID };
    this.rds.kill(options, (error, reply) => callback(error, reply?.kill ?? 0));
  }

  killIdSessions(request: Request, callback: Callback<number>): void {
    const options = { app: request._appname, id: request.session?._meta?.id };
    this.rds.killsoid(options, (error, reply) => callback(error, reply?.kill ?? 0));
  }

  getAppSessions(request: Request, dt = 600, callback: Callback): void {
    this.rds.soapp({ app: request._appname, dt }, callback);
  }

  getIdSessions(request: Request, callback: Callback): void {
    this.rds.soid({ app: request._appname, id: request.session?._meta?.id }, callback);
  }

  getAppActivity(request: Request, dt = 600, callback: Callback): void {
    this.rds.activity({ app: request._appname, dt }, callback);
  }
}
