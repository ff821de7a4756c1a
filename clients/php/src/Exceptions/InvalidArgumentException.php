<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** The server refused an argument. Code `INVALID`. */
final class InvalidArgumentException extends SessionsException
{
}
