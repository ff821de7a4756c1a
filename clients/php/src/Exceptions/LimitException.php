<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** `reject` was given and the id has `max` sessions already. Code `LIMIT`. */
final class LimitException extends SessionsException
{
}
