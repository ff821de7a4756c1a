<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** `ifW` was given and the session was written in the meantime. Code `CONFLICT`. */
final class ConflictException extends SessionsException
{
}
