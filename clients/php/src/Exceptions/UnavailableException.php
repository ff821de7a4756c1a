<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/**
 * No reply: the server is unreachable, the connection is closed or the timeout has passed. Code
 * `UNAVAILABLE`.
 */
final class UnavailableException extends SessionsException
{
}
