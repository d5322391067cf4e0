import django.db.models.deletion
import gongshu.collection.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('identity', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('resource', models.CharField(db_index=True, max_length=40)),
                ('title', models.CharField(max_length=100)),
                ('submitted_at', models.DateTimeField()),
                ('filename', models.CharField(max_length=255)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('sheet', models.CharField(blank=True, max_length=100)),
                ('drop_unlisted', models.BooleanField(default=False)),
                ('status', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('committed', 'committed'), ('refused', 'refused'), ('failed', 'failed'), ('cancelled', 'cancelled')], default=gongshu.collection.states.RunStatus['QUEUED'], max_length=12)),
                ('worker', models.CharField(blank=True, max_length=40)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('cancel_wanted', models.BooleanField(default=False)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('stage', models.CharField(blank=True, max_length=20)),
                ('bytes_done', models.PositiveBigIntegerField(default=0)),
                ('bytes_total', models.PositiveBigIntegerField(default=0)),
                ('read', models.PositiveBigIntegerField(default=0)),
                ('accepted', models.PositiveBigIntegerField(default=0)),
                ('rejected', models.PositiveBigIntegerField(default=0)),
                ('blank', models.PositiveBigIntegerField(default=0)),
                ('version', models.PositiveIntegerField(blank=True, null=True)),
                ('digest', models.CharField(blank=True, max_length=80)),
                ('detection', models.JSONField(default=dict)),
                ('failures', models.JSONField(default=list)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_zh', models.TextField(blank=True)),
                ('error_en', models.TextField(blank=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='identity.organization')),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-submitted_at', '-id'],
                'indexes': [models.Index(fields=['status', 'submitted_at'], name='collection__status_6c750e_idx'), models.Index(fields=['resource', '-submitted_at'], name='collection__resourc_373946_idx')],
            },
        ),
    ]
