<?php

// Jetstream's controller for logging out other devices, with Inertia.

declare(strict_types=1);

namespace SessionsForRedis\Laravel\Jetstream;

use Illuminate\Http\Request;
use Laravel\Jetstream\Http\Controllers\Inertia\OtherBrowserSessionsController as JetstreamController;

class OtherBrowserSessionsController extends JetstreamController
{
    /** @return void */
    protected function deleteOtherSessionRecords(Request $request)
    {
        app(Devices::class)->endOthers($request);
    }
}
