<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** `ifW` is not the session's number of writes. Code `CONFLICT`. */
final class ConflictException extends SessionsException
{
}
