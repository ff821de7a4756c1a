<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** The Redis user may not use the app or the command. Code `NOPERM`. */
final class PermissionException extends SessionsException
{
}
