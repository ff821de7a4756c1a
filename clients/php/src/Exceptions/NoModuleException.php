<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** The server has no `SESSIONS.*` commands. Code `NOMODULE`. */
final class NoModuleException extends SessionsException
{
}
