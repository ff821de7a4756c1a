<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** The data is larger than the setting `sessions.max-data-bytes`. Code `TOOLARGE`. */
final class DataTooLargeException extends SessionsException
{
}
