<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** The data of a session has something that JSON cannot hold; the message names it. Code `DATA`. */
final class InvalidDataException extends SessionsException
{
}
