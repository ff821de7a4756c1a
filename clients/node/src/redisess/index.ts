export { type ResultSession, SessionManager, type SessionManagerOptions } from "./manager.js";
export { Session, type SessionOptions } from "./session.js";
