// Drop-in for connect-redis-sessions 2.1.1: the middleware. A visitor has an empty req.session
// without token; `upgrade` makes it a stored one.

import type { ServerResponse } from "node:http";
import { Handler, type Options, type Request } from "./handler.js";
import type { SessionObject } from "./session.js";

type Next = (error?: unknown) => void;

interface Middleware {
  (request: Request, response: ServerResponse, next: Next): void;
  handler: Handler;
}

/** Stores what the request has changed before its response ends. */
function saveAtEnd(request: Request, response: ServerResponse): void {
  const { end } = response;
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    response.end = end;
    const finish = () => end.apply(response, args as Parameters<typeof end>);
    const { session } = request;
    if (!request.sessionID || !session || Object.keys(session.changes()).length === 0) return finish();
    session.save((error) => {
      if (error) console.error(error);
      finish();
    });
    return response;
  } as typeof end;
}

function connectRedisSessions(options: Options): Middleware {
  const handler = new Handler(options);
  const middleware = (request: Request, response: ServerResponse, next: Next) => {
    request.res ??= response;
    const url = request.originalUrl ?? request.url ?? "";
    if (request.session || !handler.ready || !url.startsWith(handler.cookie.path || "/")) return next();
    handler.getApp(request, (failure, app) => {
      if (failure) return handler.fail(failure, response);
      request._appname = app;
      if (!request.cookies) return handler.fail(handler.error("cookies-disabled"), response);
      saveAtEnd(request, response);
      request.sessionID = (app && request.cookies[app]) || null;
      const empty = () => {
        request.sessionID = null;
        handler.createSession(request, {});
        next();
      };
      if (!request.sessionID) return empty();
      handler.get(request, (error, data) => {
        if (error || !data) return empty();
        handler.createSession(request, data);
        next();
      });
    });
  };
  return Object.assign(middleware, { handler });
}

connectRedisSessions.default = connectRedisSessions;

declare namespace connectRedisSessions {
  export type ConnectRedisSessionsOptions = Options;
  export type Session = SessionObject;
}

export = connectRedisSessions;
